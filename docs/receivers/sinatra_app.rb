require "json"
require "sinatra/base"
require_relative "verify"

class Receiver < Sinatra::Base
  set :bind, "127.0.0.1"
  set :port, ENV.fetch("PORT")
  set :seen, {} # In production: a table with a unique key on webhook-id.

  post "/webhooks/ivymail" do
    body = request.body.read
    halt 401 unless verify(ENV.fetch("IVYMAIL_WEBHOOK_SECRET"), request.env, body)
    id = request.env["HTTP_WEBHOOK_ID"]
    unless settings.seen.key?(id)
      settings.seen[id] = true
      event = JSON.parse(body)
      puts "#{event["event"]} #{event["to"]}"
      $stdout.flush
    end
    status 204
  end
end

Receiver.run!
