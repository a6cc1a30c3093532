"""The coreference component: which expressions of a text mean the same thing."""
