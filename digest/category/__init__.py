"""What a message is for its reader, told from its words where no certain sign tells it."""
