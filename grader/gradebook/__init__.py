"""nbgrader's gradebook as the book of record, through `nbgrader.api` and in one process."""
