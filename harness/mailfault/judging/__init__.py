"""Judge an answer: expectation, diagnosis and answer become a verdict. Pure: no journal, no input or output."""
