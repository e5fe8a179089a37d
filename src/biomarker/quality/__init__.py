"""What is odd about the data, whatever the question: features too good to be true, names of later days, tiny groups."""
