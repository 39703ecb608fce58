"""What is said of the proposals of a second stage."""

from __future__ import annotations

WRITES = """\
The whole file in two stages is proposed, with its own lines: the stage gets a name, and after the
step that compiles a second one begins, from an image without compiler and sources, that copies
what was made to the path where it was and goes on with the rest of the file. It begins from

- distroless for Go and Rust (static where cgo is off or on Alpine; Debian's or Alpine's image where
  a shell starts the program), of the release whose C library the program was linked to;
- `eclipse-temurin` of the same version as JRE for Maven and Gradle;
- `aspnet` of the same version for .NET.

It is proposed only where the program that is started is seen to be what the step makes, and where
no other step follows."""
BREAKS = """\
- What the program reads when it runs (templates, static files, certificates, time zones, shared
  libraries that were installed) is not copied: only the program is.
- In distroless there is no shell: health checks and scripts that need one fail, and the user is
  65532."""
KEEPS = (
    'FROM golang:1.24.4\nCOPY . .\nRUN go build -o /app .\nCMD ["/other"]\n',
    'FROM golang:1.24.4\nCOPY . .\nRUN go build -o /app .\nRUN rm -r x\nCMD ["/app"]\n',
    "FROM golang:1.24.4\nCOPY . .\nRUN go build -o /app .\nCMD /app || /app -x\n",
    'FROM maven:3.9.6\nCOPY . .\nRUN mvn package\nCMD ["java", "-jar", "a.jar"]\n',
)

TOOLS_WRITES = """\
For Python (pip) and Node (npm, yarn): the whole file in two stages is proposed. The first installs
the compilers and the program's packages; the second begins from the same image and copies the
packages. It is proposed only where nothing but compilers is installed with them: a `-dev` package
of a library brings what the program is linked to."""
TOOLS_BREAKS = """\
- Other steps of the first part (accounts, settings, files) have to be repeated in the second.
- Packages that were installed to other places than Python's own or `node_modules` are missing."""
TOOLS_KEEPS = (
    "FROM python:3.13.5-slim\nRUN apt-get install -y gcc libpq-dev && pip install psycopg2\n",
    "FROM debian:12.5\nRUN apt-get install -y gcc\n",
)
