# The gateway: the same kind of service as a function, sized for open sockets.
# Each socket is a call, so concurrency is the number of sockets an instance
# holds, and the timeout how long one stays open.

module "service" {
  source = "../service"

  project     = var.project
  region      = var.region
  service     = var.service
  size        = var.size
  network     = var.network
  subnetwork  = var.subnetwork
  environment = var.environment
  data        = var.data
  messaging   = var.messaging
  protected   = var.protected
}

output "account" {
  value = module.service.account
}
