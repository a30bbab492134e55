import { killsIn } from './step-kills.js';

killsIn('boot');
