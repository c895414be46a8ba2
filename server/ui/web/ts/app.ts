import "./time";
import "./copy";
import "./json";
import "./waterfall";
import "./live";
import "./split";
import "./keys";
import "./menus";
