"""What can go wrong here: one file, one fault. The file's name is the fault's id."""
