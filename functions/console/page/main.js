// Starts the console: who is it, and which view.
import { route } from './frame.js'
import { start } from './live.js'

start()
route()
