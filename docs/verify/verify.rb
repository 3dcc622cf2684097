require "openssl"

# True for a genuine webhook. headers: a Hash of names and values, or a Rack env. raw_body: the String as it arrived,
# such as request.body.read. now: in seconds.
def verify(secret, headers, raw_body, now = Time.now.to_i)
  raise TypeError, "raw_body must be the body as it arrived (a String), not parsed JSON" unless raw_body.is_a?(String)
  raise TypeError, "headers must be a Hash of names and values" unless headers.respond_to?(:to_h)

  lower = headers.to_h.transform_keys { |name| name.to_s.delete_prefix("HTTP_").tr("_", "-").downcase }
  timestamp = lower["webhook-timestamp"].to_s
  head = "#{lower["webhook-id"]}.#{timestamp}"
  key = secret.delete_prefix("whsec_").unpack1("m")
  return false unless key.bytesize >= 24 && head.match?(/\A\w+\.\d{10}\z/)
  return false if (now - timestamp.to_i).abs > 300

  digest = OpenSSL::HMAC.digest("SHA256", key, "#{head}.#{raw_body}")
  expected = "v1,#{[digest].pack("m0")}"
  lower["x-ivymail-signature"].to_s.split(/ /).any? { |signature| OpenSSL.secure_compare(expected, signature) }
end
