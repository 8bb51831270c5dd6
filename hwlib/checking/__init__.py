"""The engine behind the public checks and the grader: a parent that asks, a worker that runs student code.

The parent (`session`) holds inputs and answers and never imports a student's module. The worker (`worker`)
holds the student's code and never sees an answer. Between them go frames of data (`protocol`).
"""
