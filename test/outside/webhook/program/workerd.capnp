using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);

# Without the flag nodejs_compat, the worker has no module of Node.
const worker :Workerd.Worker = (
  compatibilityDate = "2024-09-01",
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "results.mjs", esModule = embed "results.mjs"),
    (name = "vectors.mjs", esModule = embed "vectors.mjs"),
    (name = "ivymail-events/webhook", esModule = embed "node_modules/ivymail-events/dist/webhook.mjs"),
  ],
);
