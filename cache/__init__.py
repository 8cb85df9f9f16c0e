"""What is kept on disk: the vendor's answers for a while, and everybody's nights as columns."""
