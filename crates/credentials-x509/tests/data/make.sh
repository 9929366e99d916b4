#!/bin/sh
# Makes the certificates in this directory with the openssl command line (3.0 or later), with fixed validity.
# Keys are fresh each time and thrown away; what is kept is certificates, revocation lists and public keys.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

BEGIN=20250101000000Z
END=20450101000000Z

# key <name> <algorithm>
key() {
    case $2 in
        rsa) openssl genpkey -quiet -algorithm rsa -pkeyopt rsa_keygen_bits:2048 -out "$1.key" ;;
        ed25519) openssl genpkey -quiet -algorithm ed25519 -out "$1.key" ;;
        *) openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -pkeyopt ec_param_enc:named_curve -out "$1.key" ;;
    esac
}

# digest <algorithm>
digest() {
    case $1 in P-256) echo sha256 ;; P-384) echo sha384 ;; P-521) echo sha512 ;; *) echo default ;; esac
}

# authority <name>: the files that `openssl ca` wants
authority() {
    mkdir -p "$1.d"
    : > "$1.d/index.txt"
    echo 1000 > "$1.d/serial"
    echo 01 > "$1.d/crlnumber"
    cat > "$1.cnf" <<CNF
[ca]
default_ca = this
[this]
database = $1.d/index.txt
serial = $1.d/serial
crlnumber = $1.d/crlnumber
new_certs_dir = $1.d
unique_subject = no
policy = any
copy_extensions = none
[any]
organizationName = optional
commonName = optional
CNF
}

# certificate <name> <subject> <issuer> <digest> <extensions> [<begin> <end>]
certificate() {
    printf '[x]\n%s\n[names]\npermitted;email = example.com\nexcluded;email = eve@example.com\n' "$5" > ext.cnf
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
    self=; [ "$1" = "$3" ] && self=-selfsign || self="-cert $3.pem"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$3.cnf" -keyfile "$3.key" $self -md "$4" -in "$1.csr" -out "$1.pem" \
        -startdate "${6:-$BEGIN}" -enddate "${7:-$END}" -extfile ext.cnf -extensions x 2>/dev/null
    openssl x509 -in "$1.pem" -outform DER -out "$1.der"
}

CA='basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign'
CLIENT='basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectAltName = email:alice@example.com'

# public <name>: the public key as a leaf carries it
public() {
    case $2 in ed25519) n=32 ;; P-256 | secp256k1) n=65 ;; P-384) n=97 ;; P-521) n=133 ;; esac
    openssl pkey -in "$1.key" -pubout -outform DER | tail -c "$n" > "$1.public"
}

# hierarchy <algorithm>: root, intermediate, leaf, and a list of the intermediate that revokes another leaf
hierarchy() {
    md=$(digest "$1")
    for name in root intermediate leaf revoked; do key $name "$1"; done
    authority root; authority intermediate
    certificate root "/O=Example/CN=Root $1" root "$md" "$CA"
    certificate intermediate "/O=Example/CN=Intermediate $1" root "$md" "$CA"
    certificate leaf "/O=Example/CN=Alice" intermediate "$md" "$CLIENT"
    certificate revoked "/O=Example/CN=Alice" intermediate "$md" "$CLIENT"
    openssl ca -config intermediate.cnf -keyfile intermediate.key -cert intermediate.pem -md "$md" \
        -revoke revoked.pem 2>/dev/null
    openssl ca -config intermediate.cnf -keyfile intermediate.key -cert intermediate.pem -md "$md" -gencrl \
        -crl_lastupdate 20250601000000Z -crl_nextupdate 20350601000000Z -out list.pem 2>/dev/null
    openssl crl -in list.pem -outform DER -out list.der
    public leaf "$1"; public revoked "$1"
    openssl verify -attime 1751328000 -CAfile root.pem -untrusted intermediate.pem leaf.pem > /dev/null
    ! openssl verify -attime 1751328000 -crl_check -CRLfile list.pem -CAfile root.pem \
        -untrusted intermediate.pem revoked.pem > /dev/null 2>&1
}

for algorithm in P-384 P-521 ed25519 P-256; do
    hierarchy "$algorithm"
    out="$here/$(echo "$algorithm" | tr -d '-' | tr 'P' 'p')"
    mkdir -p "$out"
    cp root.der intermediate.der leaf.der revoked.der list.der leaf.public revoked.public "$out"
done
cat leaf.pem intermediate.pem > "$here/p256/chain.pem"

# Each with one defect, below the root of P-256. openssl has to refuse them too.
# defect <name> <intermediate's extensions> <leaf's extensions> [<begin> <end> of the leaf] [<begin> <end> of the intermediate]
MIDDLE=P-256
LEAF=P-256
MD=sha256
defect() {
    key middle "$MIDDLE"; key leaf "$LEAF"; authority middle
    certificate middle "/O=Example/CN=Intermediate $1" root sha256 "$2" "${6:-$BEGIN}" "${7:-$END}"
    certificate leaf "/O=Example/CN=Alice" middle "$MD" "$3" "${4:-$BEGIN}" "${5:-$END}"
    public leaf "$LEAF"
    mkdir -p "$here/defects/$1"
    cp middle.der leaf.der leaf.public "$here/defects/$1"
    if openssl verify -purpose sslclient -attime 1751328000 -CAfile root.pem -untrusted middle.pem leaf.pem \
        > /dev/null 2>&1; then
        [ "${ACCEPTED:-}" = yes ] || echo "openssl accepts $1"
    fi
}

defect leaf-expired "$CA" "$CLIENT" 20240101000000Z 20250101000000Z
defect leaf-not-yet-valid "$CA" "$CLIENT" 20400101000000Z 20450101000000Z
defect intermediate-expired "$CA" "$CLIENT" $BEGIN $END 20240101000000Z 20250101000000Z
defect intermediate-is-no-authority 'basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature' "$CLIENT"
defect intermediate-may-not-certify 'basicConstraints = critical,CA:TRUE
keyUsage = critical,cRLSign' "$CLIENT"
defect leaf-may-not-sign "$CA" 'keyUsage = critical,keyAgreement
extendedKeyUsage = serverAuth
subjectAltName = email:alice@example.com'
defect leaf-for-servers "$CA" 'keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = email:alice@example.com'
defect unknown-critical-extension "$CA" "$CLIENT
1.2.3.4.5 = critical,ASN1:UTF8String:unknown"
defect name-not-permitted "$CA
nameConstraints = critical,@names" 'keyUsage = critical,digitalSignature
subjectAltName = email:alice@example.org'
defect name-excluded "$CA
nameConstraints = critical,@names" 'keyUsage = critical,digitalSignature
subjectAltName = email:eve@example.com'
defect intermediate-without-constraints 'keyUsage = critical,keyCertSign' "$CLIENT"

# MLS and this library's profile ask for more than openssl does.
ACCEPTED=yes
defect leaf-is-authority "$CA" 'basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,keyCertSign
subjectAltName = email:alice@example.com'
LEAF=secp256k1 defect leaf-on-another-curve "$CA" "$CLIENT"
MIDDLE=secp256k1 defect intermediate-on-another-curve "$CA" "$CLIENT"
MIDDLE=rsa defect intermediate-of-rsa "$CA" "$CLIENT"
MD=sha1 defect signed-with-sha1 "$CA" "$CLIENT"
MIDDLE=P-384 defect hash-of-another-curve "$CA" "$CLIENT"
# The key of somebody else in the leaf node.
defect key-of-another "$CA" "$CLIENT"
key other P-256; public other P-256
cp other.public "$here/defects/key-of-another/leaf.public"

# Another intermediate of the same name has signed.
defect signed-by-another "$CA" "$CLIENT"
ACCEPTED=
key middle P-256
certificate middle "/O=Example/CN=Intermediate signed-by-another" root sha256 "$CA"
cp middle.der "$here/defects/signed-by-another"
if openssl verify -attime 1751328000 -CAfile root.pem -untrusted middle.pem leaf.pem > /dev/null 2>&1; then
    echo "openssl accepts signed-by-another"
fi

# A path length of zero with an authority in between.
key middle P-256; key lower P-256; key leaf P-256; authority middle; authority lower
certificate middle "/O=Example/CN=Intermediate path" root sha256 'basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign'
certificate lower "/O=Example/CN=Lower" middle sha256 "$CA"
certificate leaf "/O=Example/CN=Alice" lower sha256 "$CLIENT"
public leaf P-256
mkdir -p "$here/defects/path-too-long"
cp middle.der lower.der leaf.der leaf.public "$here/defects/path-too-long"
