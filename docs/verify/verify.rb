require "openssl"

# headers: a Hash with lower-case names; raw_body: request.body.read; now: in seconds
def verify(secret, headers, raw_body, now = Time.now.to_i)
  timestamp = headers["webhook-timestamp"].to_s
  head = "#{headers["webhook-id"]}.#{timestamp}"
  key = secret.delete_prefix("whsec_").unpack1("m")
  return false unless key.bytesize >= 24 && head.match?(/\A\w+\.\d{10}\z/)
  return false if (now - timestamp.to_i).abs > 300

  digest = OpenSSL::HMAC.digest("SHA256", key, "#{head}.#{raw_body}")
  expected = "v1,#{[digest].pack("m0")}"
  headers["x-ivymail-signature"].to_s.split(/ /).any? { |given| OpenSSL.secure_compare(expected, given) }
end
