"""Which server stands behind a port, and which image is a door to administration."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.core.expression import Expression

DATABASE_PORTS: Mapping[int, tuple[str, str]] = {
    1433: ("Microsoft SQL Server", "mssql|sqlservr"),
    1521: ("Oracle Database", "oracle"),
    2379: ("etcd", "etcd"),
    3306: ("MySQL or MariaDB", "mysql|mariadb|percona"),
    5432: ("PostgreSQL", "postgres|postgis|timescale|pgvector"),
    5984: ("CouchDB", "couch"),
    6379: ("Redis", "redis|valkey|keydb"),
    7687: ("Neo4j", "neo4j"),
    8529: ("ArangoDB", "arango"),
    9042: ("Cassandra", "cassandra|scylla"),
    9200: ("Elasticsearch", "elastic|opensearch"),
    9300: ("Elasticsearch", "elastic|opensearch"),
    11211: ("memcached", "memcache"),
    26257: ("CockroachDB", "cockroach"),
    27017: ("MongoDB", "mongo"),
}
"""Default ports of data stores (IANA and vendors' manuals), and how the server is called."""

ADMIN_PORTS: Mapping[int, str] = {
    21: "FTP, which sends passwords in the clear",
    23: "telnet, which sends passwords in the clear",
    512: "rexec, which has no real authentication",
    513: "rlogin, which has no real authentication",
    2375: "the Docker API without TLS: whoever reaches it owns the host",
    3389: "remote desktop",
    5005: "Java's debugger, which runs any code for whoever connects",
    5900: "VNC",
    9229: "Node's inspector, which runs any code for whoever connects",
    10250: "the kubelet's API",
}
"""Default ports of remote administration and debuggers (IANA and vendors' manuals)."""

BROKER_PORTS: Mapping[int, str] = {
    2181: "ZooKeeper",
    4222: "NATS",
    5672: "RabbitMQ's queues",
    9092: "Kafka",
    61616: "ActiveMQ",
}
"""Default ports of message brokers and coordinators (vendors' manuals)."""

ENGINE_PORT = 2375
"""The Docker API without TLS (IANA)."""

SSH_PORT = 22

ADMIN_IMAGE = Expression(
    r"(?:^|/)(adminer|phpmyadmin|pgadmin4|mongo-express|redis-commander|redisinsight|cloudbeaver"
    r"|phpldapadmin|portainer|portainer-ce|portainer-ee|kafka-ui|kafdrop|akhq|dockge|yacht"
    r"|elasticsearch-head|dejavu)(?:[:@]|$)"
)
"""Images that are a web page to administer databases, brokers or the engine."""

WITHOUT_LOGIN = frozenset(
    {"redis-commander", "redisinsight", "kafka-ui", "kafdrop", "akhq", "elasticsearch-head"}
    | {"dejavu"}
)
"""Those of them that ask for no password by default (their manuals)."""

SSH_ON_PURPOSE = Expression(r"git(?:ea|lab|olite|ness)?\b|gogs|forgejo|sftp|onedev|gerrit")
"""Images whose service is reached over ssh by design."""

PROXY_IMAGE = Expression(
    r"(?:^|/)(?:traefik|nginx-proxy|nginx-proxy-manager|caddy|haproxy|envoy|swag|nginx|httpd)"
    r"(?:[:@]|$)"
)
"""Images of reverse proxies."""
