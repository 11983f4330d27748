"""What fits at the cursor of a shell's prompt, and the scripts that ask for it."""
