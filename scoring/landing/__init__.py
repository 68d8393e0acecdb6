"""From landed files to raw: contract, validation, identity, arrival, sealing."""
