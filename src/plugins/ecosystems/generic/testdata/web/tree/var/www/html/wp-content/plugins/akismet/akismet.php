<?php
/**
 * @package Akismet
 */
/*
Plugin Name: Akismet Anti-spam
Plugin URI: https://example.org/
Description: Used by millions.
Version: 5.3
Author: Somebody
*/
