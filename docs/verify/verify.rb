require "base64"
require "openssl"

# headers: a Hash with lower-case names; raw_body: request.body.read
def verify(secret, headers, raw_body)
  timestamp = headers["webhook-timestamp"].to_s
  return false unless timestamp.match?(/\A\d+\z/) && (Time.now.to_i - timestamp.to_i).abs <= 300

  key = Base64.decode64(secret.delete_prefix("whsec_"))
  signed = "#{headers["webhook-id"]}.#{timestamp}.#{raw_body}"
  expected = "v1,#{Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", key, signed))}"
  headers["x-ivymail-signature"].to_s.split(" ").any? do |given|
    OpenSSL.fixed_length_secure_compare(expected, given)
  rescue ArgumentError
    false
  end
end
