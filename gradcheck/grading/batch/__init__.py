"""A class: which submissions a folder holds, and how they are spread over workers."""
