import { killsIn } from './step-kills.js';

killsIn('disk');
killsIn('grow');
killsIn('fresh');
