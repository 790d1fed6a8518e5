# Every function as a service of its own, from one image.

module "service" {
  source   = "../service"
  for_each = var.services

  project     = var.project
  region      = var.region
  service     = each.value
  size        = var.sizes[each.value.class]
  network     = var.network
  subnetwork  = var.subnetwork
  environment = var.environment
  data        = var.data
  messaging   = var.messaging
  protected   = var.protected
}

# Functions that call others.
resource "google_cloud_run_v2_service_iam_member" "calls" {
  for_each = merge([for s in values(var.services) : { for c in s.calls : "${s.name}/${c}" => { from = s.name, to = c } }]...)

  name     = module.service[each.value.to].name
  location = var.region
  role     = "roles/run.invoker"
  member   = "serviceAccount:${module.service[each.value.from].account}"
}

output "names" {
  value = [for s in module.service : s.name]
}
