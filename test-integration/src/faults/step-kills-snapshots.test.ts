import { killsIn } from './step-kills.js';

killsIn('snapshot');
killsIn('clone');
killsIn('rest');
killsIn('restore');
killsIn('forget');
