"""The engine that runs a student's files in a worker and says what it found: one for students, one for TAs."""
