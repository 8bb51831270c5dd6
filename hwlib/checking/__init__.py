"""The engine that runs a student's files in a worker: the same one for students and for TAs."""
