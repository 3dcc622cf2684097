require_relative "verify"

NAMES = ["webhook-id", "webhook-timestamp", "x-ivymail-signature"]

# Returns bytes, as Rack does.
def read(field)
  field == "-" ? nil : field[1..].unpack1("m0")
end

$stdin.each_line(chomp: true) do |line|
  secret, now, *headers, body = line.split(" ").map { |field| read(field) }
  puts verify(secret, NAMES.zip(headers).to_h.compact, body, now.to_i)
end
