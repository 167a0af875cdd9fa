"""The queue server: a fair, explainable place for every patient, and the calls that follow from it."""
