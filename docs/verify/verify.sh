# verify SECRET ID TIMESTAMP SIGNATURES [NOW] <body, as it came
# For trying by hand: while openssl runs, the list of processes shows the secret.
verify() {
  local LC_ALL=C id=$2 timestamp=$3 now=${5:-$(date +%s)} key once expected given each
  key=$(openssl base64 -d -A <<<"${1#whsec_}" | od -An -v -tx1 | tr -d ' \n')
  [[ ${#key} -ge 48 && $id.$timestamp =~ ^[A-Za-z0-9_]+\.[0-9]{10}$ ]] || return 1
  ((10#$timestamp >= now - 300 && 10#$timestamp <= now + 300)) || return 1
  expected=v1,$({ printf '%s.%s.' "$id" "$timestamp" && cat; } | hmac "$key")
  # Compared under a key that is used once: how long it takes says nothing of what was expected.
  once=$(openssl rand -hex 32)
  expected=$(printf '%s' "$expected" | hmac "$once")
  IFS=' ' read -ra given <<<"$4"
  for each in "${given[@]}"; do
    [[ $(printf '%s' "$each" | hmac "$once") == "$expected" ]] && return
  done
  return 1
}

# hmac KEY_IN_HEX <message
hmac() {
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | openssl base64 -A
}
