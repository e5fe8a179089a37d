"""Running a study and looking at what a run left."""
