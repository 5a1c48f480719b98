<?php /* Plugin Name: Nameless */
