#!/bin/sh
# Makes the certificates of the tests: an authority, and a server below it whose name is `localhost` and no address.
# The authority's key is thrown away.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
trap 'rm -r "$keys"' EXIT

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj '/CN=Tests of Tegata' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' \
    -keyout "$keys/authority.pem" -out authority.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj '/CN=localhost' \
    -CA authority.pem -CAkey "$keys/authority.pem" \
    -addext 'basicConstraints=critical,CA:FALSE' -addext 'subjectAltName=DNS:localhost' \
    -keyout "$keys/server.pem" -out "$keys/server.crt"

openssl x509 -in "$keys/server.crt" -outform der -out server.der
openssl pkcs8 -topk8 -nocrypt -in "$keys/server.pem" -outform der -out server.key.der
