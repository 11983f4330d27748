collect_ignore = ["corpus"]  # repositories to ask about; the tests in them are part of that
