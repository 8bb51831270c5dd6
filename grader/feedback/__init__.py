"""Pages made from results: feedback for a student, the report on a cohort. They decide nothing."""
