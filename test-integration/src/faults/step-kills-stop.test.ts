import { killsIn } from './step-kills.js';

killsIn('stop');
