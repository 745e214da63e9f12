"""From an account's endpoint to the URI that Spark takes."""

import pytest
from highwater_transforms.errors import TransformError
from highwater_transforms.lake import Lake


@pytest.mark.parametrize(
    ("endpoint", "container", "path", "uri"),
    [
        ("https://acct.dfs.core.windows.net/", "gold", "fact", "abfss://gold@acct.dfs.core.windows.net/fact"),
        (
            "https://acct.dfs.core.windows.net",
            "landing",
            "/a/b/",
            "abfss://landing@acct.dfs.core.windows.net/a/b",
        ),
        ("file:///srv/lake/acct/", "silver", "trip", "file:///srv/lake/acct/silver/trip"),
        ("file:///srv/my%20lake/acct/", "silver", "trip", "file:///srv/my lake/acct/silver/trip"),
        ("file:///srv/my lake/acct", "bronze", "t/1/2", "file:///srv/my lake/acct/bronze/t/1/2"),
    ],
)
def test_the_one_rule(endpoint, container, path, uri):
    assert Lake(endpoint).uri(container, path) == uri


@pytest.mark.parametrize("endpoint", ["", "/srv/lake", "s3://bucket/", "https:///x", "file://host/lake"])
def test_another_endpoint_is_refused(endpoint):
    with pytest.raises(TransformError) as refused:
        Lake(endpoint).uri("gold", "x")
    assert repr(endpoint) in str(refused.value)


def test_another_container_is_refused():
    with pytest.raises(TransformError) as refused:
        Lake("file:///srv/lake/").uri("golden", "x")
    assert "no container golden" in str(refused.value)
