"""The API's description of itself, as it is served."""

import os
import ssl

import httpx
from openapi_spec_validator import validate


def test_the_description_is_valid_openapi_3_1():
    trust = ssl.create_default_context(cafile=os.environ["RUSHES_CA_FILE"])
    answer = httpx.get(f"{os.environ['RUSHES_BASE_URL']}/api/openapi.json", verify=trust)
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": os.environ["RUSHES_BASE_URL"]}]
    validate(document)
