import { killsIn } from './step-kills.js';

killsIn('kill');
killsIn('image');
killsIn('shim');
killsIn('view');
