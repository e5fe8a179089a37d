"""What a study is made of: subjects, endpoints, treatment, feature matrices, and every result table."""
