set -u
source verify.sh

read_field() {
  [[ $1 == - ]] || base64 -d <<<"${1#:}"
}

while read -r secret now id timestamp signature body; do
  if read_field "$body" | verify "$(read_field "$secret")" "$(read_field "$id")" "$(read_field "$timestamp")" \
    "$(read_field "$signature")" "$(read_field "$now")"; then
    echo true
  else
    echo false
  fi
done
