"""The back office: pages over the other slices, with no rules of its own."""
