"""The validator of OpenAPI documents.

Reads a JSON list of documents from standard input and prints, for each, the list of what is wrong with
it. setup.sh installs what it imports.
"""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator


def faults(document):
    try:
        errors = OpenAPIV31SpecValidator(document).iter_errors()
        return [f"{list(error.absolute_path)}: {error.message[:300]}" for error in errors]
    except Exception as error:  # what a reference that leads nowhere raises is nowhere documented
        return [repr(error)[:300]]


print(json.dumps([faults(document) for document in json.load(sys.stdin)]))
