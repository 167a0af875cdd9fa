// The start page: the ways in, and whether the server issues numbers.

import { byId, fill } from "./dom.js";
import { health } from "./health.js";

health().then((shown) => fill(byId("health"), shown));
