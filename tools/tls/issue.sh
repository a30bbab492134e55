#!/bin/sh
# Issues a certificate of a farm's own authority, and makes the authority when there is none.
#
#   tools/tls/issue.sh <folder> <name> <host or address>...
#   tools/tls/issue.sh /root/farm-ca phone-host-3 10.0.0.13 phone-host-3.farm
#
# <folder>/ca.pem, ca.key         the authority; ca.key stays where you issue, and nowhere else
# <folder>/<name>.pem, <name>.key for one service or one machine; renewed when it is asked for again
#
# The hosts are what others dial: a service's ANCLOUD_GRPC_ADVERTISE, NATS's and Redis's host. P-256, certificates for
# 825 days, the authority for ten years. Keys get mode 0600. Needs openssl >= 3.
set -eu
umask 077

[ $# -ge 3 ] || { sed -n '2,9p' "$0" | cut -c3- >&2; exit 64; }
folder=$1 name=$2
shift 2
case $name in
  ca | *[!A-Za-z0-9._-]* | .*) echo "tls: <name> is '$name': use letters, digits, '.', '_' and '-', and not 'ca'" >&2; exit 64 ;;
esac

names=
for host; do
  case $host in
    '' | *[!A-Za-z0-9.:_-]*) echo "tls: '$host' is neither a host name nor an address" >&2; exit 64 ;;
    *:* | *[0-9].*[0-9].*[0-9].*[0-9])
      case $host in *[A-Za-z]*.*) kind=DNS ;; *) kind=IP ;; esac ;;
    *) kind=DNS ;;
  esac
  names="$names${names:+,}$kind:$host"
done

mkdir -p "$folder"
cd "$folder"
work=$(mktemp -d ./.issue-XXXXXX)
trap 'rm -rf "$work"' EXIT

quiet() { "$@" 2>"$work/err" || { cat "$work/err" >&2; echo "tls: $1 $2 failed" >&2; exit 70; }; }
key() { quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

if [ ! -s ca.pem ]; then
  key "$work/ca.key"
  quiet openssl req -x509 -new -key "$work/ca.key" -sha256 -days 3650 -subj '/CN=ancloud farm' \
    -addext 'basicConstraints=critical,CA:TRUE,pathlen:0' -addext 'keyUsage=critical,keyCertSign,cRLSign' -out "$work/ca.pem"
  # The certificate last: what stands is whole.
  chmod 644 "$work/ca.pem"
  mv "$work/ca.key" ca.key
  mv "$work/ca.pem" ca.pem
fi

key "$work/key"
quiet openssl req -new -key "$work/key" -subj "/CN=$name" -out "$work/csr"
cat >"$work/ext" <<EOF
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=$names
EOF
quiet openssl x509 -req -in "$work/csr" -CA ca.pem -CAkey ca.key -sha256 -days 825 -extfile "$work/ext" -out "$work/pem"
chmod 644 "$work/pem"
mv "$work/key" "$name.key"
mv "$work/pem" "$name.pem"
