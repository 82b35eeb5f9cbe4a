import pytest
from edge import Edge


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory):
    """nginx as in development, without limits."""
    with Edge(tmp_path_factory.mktemp("edge") / "e") as edge:
        yield edge


@pytest.fixture
def limited(tmp_path):
    """nginx with its limits on, that takes the client's address from `X-Test-Address`."""
    with Edge(tmp_path / "e", limits="on", addresses_by_header=True) as edge:
        yield edge


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory):
    """nginx as in production, for the name rushes.test."""
    with Edge(
        tmp_path_factory.mktemp("production") / "e",
        mode="production",
        name="rushes.test",
        limits="on",
    ) as edge:
        yield edge
