"""Grading of untrusted submissions; the parent process never imports student code."""
