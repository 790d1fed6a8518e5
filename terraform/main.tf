# The whole of lastmile in one project. What there is to make (topics,
# subscriptions, queues, schedules, services, and who may do what) is declared in
# Go and read from topology.json: a new function or event needs no edit here.

locals {
  topology = jsondecode(file("${path.module}/topology.json"))
  indexes  = jsondecode(file("${path.module}/firestore.indexes.json"))

  services = { for s in local.topology.functions : s.name => s }

  # Cloud Run's other name for a service, which is known before it exists.
  url = "https://{function}-${data.google_project.this.number}.${var.region}.run.app"
}

data "google_project" "this" {
  project_id = var.project
}

resource "google_project_service" "apis" {
  for_each = toset([
    "artifactregistry", "cloudbuild", "cloudkms", "cloudscheduler", "cloudtasks", "compute", "dns", "fcm", "firestore", "iam", "iamcredentials",
    "logging", "memorystore", "monitoring", "networkconnectivity", "pubsub", "run", "secretmanager", "serviceconsumermanagement", "storage",
  ])

  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

module "network" {
  source     = "./modules/network"
  region     = var.region
  depends_on = [google_project_service.apis]
}

module "data" {
  source           = "./modules/data"
  project          = var.project
  project_number   = data.google_project.this.number
  region           = var.region
  location         = coalesce(var.firestore_location, var.region)
  indexes          = local.indexes
  redis            = var.redis
  network          = module.network.id
  origins          = split(",", local.origins)
  backup_days      = var.backup_days
  protected        = var.protected
  kms_key          = var.kms_key
  secrets          = local.topology.secrets
  provider_secrets = var.provider_secrets
  depends_on       = [google_project_service.apis, module.network]
}

module "messaging" {
  source         = "./modules/messaging"
  project        = var.project
  project_number = data.google_project.this.number
  region         = var.region
  topology       = local.topology
  url            = local.url
  kms_key        = var.kms_key
  depends_on     = [google_project_service.apis]
}

module "functions" {
  source      = "./modules/functions"
  project     = var.project
  region      = var.region
  services    = local.services
  sizes       = var.sizes
  network     = module.network.id
  subnetwork  = module.network.subnetwork
  environment = local.environment
  data        = module.data
  messaging   = module.messaging
  protected   = var.protected

  more_accounts = { gateway = module.gateway.account }
}

module "gateway" {
  source      = "./modules/gateway"
  project     = var.project
  region      = var.region
  service     = local.topology.gateway
  size        = var.sizes["sockets"]
  network     = module.network.id
  subnetwork  = module.network.subnetwork
  environment = local.environment
  data        = module.data
  messaging   = module.messaging
  protected   = var.protected
}

module "edge" {
  source        = "./modules/edge"
  region        = var.region
  domain        = var.domain
  services      = merge(local.services, { gateway = local.topology.gateway })
  public_bucket = module.data.public_bucket
  armor         = var.armor
  depends_on    = [google_project_service.apis, module.functions, module.gateway]
}

module "observability" {
  source     = "./modules/observability"
  project    = var.project
  alerts_to  = var.alerts_to
  domain     = var.domain
  topology   = local.topology
  redis      = module.data.redis_name
  depends_on = [google_project_service.apis, module.functions, module.gateway, module.messaging]
}

locals {
  # Pages that may call, besides the console, which is at the domain itself.
  origins = lookup(var.settings, "ALLOWED_ORIGINS", "https://${var.domain}")

  environment = merge(var.settings, {
    GOOGLE_CLOUD_PROJECT  = var.project
    GOOGLE_CLOUD_REGION   = var.region
    REDIS_ADDR            = module.data.redis_address
    REDIS_IAM             = "true"
    REDIS_TLS             = "true"
    REDIS_CA              = module.data.redis_ca
    FUNCTION_URL          = local.url
    TIMER_SERVICE_ACCOUNT = module.messaging.callers["timer"]
    PRIVATE_FILES_URL     = "gs://${module.data.private_bucket}"
    PUBLIC_FILES_URL      = "gs://${module.data.public_bucket}"
    PUBLIC_FILES_BASE     = "https://${var.domain}/files"
    ROAD_FILE             = "/maps/roads.road"
    ALLOWED_ORIGINS       = local.origins
    TRUSTED_PROXIES       = "1" # the load balancer adds its own address after the client's
    PUSH                  = "fcm"
  })
}
