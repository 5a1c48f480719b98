<?php
// Version: 9.9 of a class, and no plugin.
