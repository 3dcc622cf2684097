# verify SECRET ID TIMESTAMP SIGNATURES [NOW] <BODY
# BODY: the body as it arrived. Use this only for manual tests: while openssl runs, the process list shows the secret.
verify() {
  local LC_ALL=C id=$2 timestamp=$3 now=${5:-$(date +%s)} key random_key expected signatures signature
  key=$(openssl base64 -d -A <<<"${1#whsec_}" | od -An -v -tx1 | tr -d ' \n')
  [[ ${#key} -ge 48 && $id.$timestamp =~ ^[A-Za-z0-9_]+\.[0-9]{10}$ ]] || return 1
  ((10#$timestamp >= now - 300 && 10#$timestamp <= now + 300)) || return 1
  expected=v1,$({ printf '%s.%s.' "$id" "$timestamp" && cat; } | hmac "$key")
  # Compares HMACs under a random key, so that the duration reveals nothing about the expected signature.
  random_key=$(openssl rand -hex 32)
  expected=$(printf '%s' "$expected" | hmac "$random_key")
  IFS=' ' read -ra signatures <<<"$4"
  for signature in "${signatures[@]}"; do
    [[ $(printf '%s' "$signature" | hmac "$random_key") == "$expected" ]] && return
  done
  return 1
}

# hmac KEY_IN_HEX <message
hmac() {
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A
}
