"""The pytest plugin: a fixture, a marker, files as tests, and reports; start-up loads ``plugin`` alone."""
