"""Images that hold other programs' data, by the last part of their names."""

from __future__ import annotations

from seawall.core.expression import Expression

_STORE = Expression(
    r"(?:postgres|postgis|timescale|pgvector|mysql|mariadb|percona|mssql|oracle|cockroach|mongo"
    r"|redis|valkey|keydb|dragonfly|memcache|elasticsearch|opensearch|meilisearch|typesense"
    r"|qdrant|weaviate|milvus|chroma|cassandra|scylla|couchdb|arangodb|clickhouse|influxdb"
    r"|neo4j|etcd|minio|seaweedfs|vault|openldap|rabbitmq|kafka|zookeeper|activemq)"
)
_TOOL = Expression(
    r"export|express|command|admin|insight|backup|dump|client|proxy|manage|web|\bui\b|console"
    r"|connect|operator|postgrest|meta\b|init\b|exim|sync|bouncer|pgpool|router"
)


def is_store_image(path: str) -> bool:
    """Whether an image's path (`library/postgres`, `bitnami/redis-cluster`) names a data store.

    Tools that go with one, an exporter or a web page to administer it, are none.
    """
    last = path.rpartition("/")[2]
    return _STORE.match(last) is not None and _TOOL.search(last) is None
