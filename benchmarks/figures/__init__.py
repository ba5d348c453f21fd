"""The latest figures of the long suites: each with its command, date, seed, sample and interval."""
