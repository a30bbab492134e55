/** The client's side of phone-shim's door (services/container-svc/shim/README.md): sockets of a phone without its adbd. */
export { openByDoor, type OpenByDoorOptions } from './open-by-door.js';
